"""What do many programmes say of each other, and of the next one?"""
