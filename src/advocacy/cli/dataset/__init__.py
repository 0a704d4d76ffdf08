"""What is done with a dataset, and with what is made of it?"""
