"""How does the rate rise with the score?"""
