"""What does each raw value mean, and in which canonical column does it belong?"""
