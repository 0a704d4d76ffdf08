"""What has an import read, assumed, dropped and lost?"""
