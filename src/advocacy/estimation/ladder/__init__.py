"""What do people say they did, go on to do, and have on record?"""
