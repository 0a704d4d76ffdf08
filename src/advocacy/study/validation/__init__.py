"""How well do the study's methods do where the truth, or another program, is known?"""
