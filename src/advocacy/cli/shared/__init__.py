"""What do the commands have in common?"""
