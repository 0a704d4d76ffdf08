"""What do the variables of a file seem to ask, and which crosswalk follows from it?"""
