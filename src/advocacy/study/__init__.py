"""What does the published study say?"""
