"""How do rates differ, and how sure is it that they do?"""
