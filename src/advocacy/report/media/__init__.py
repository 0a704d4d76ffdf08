"""How are text and tables written in each medium?"""
