"""How is each kind of result drawn?"""
