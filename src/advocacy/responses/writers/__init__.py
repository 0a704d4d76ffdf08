"""How are responses written as files that other programs read?"""
