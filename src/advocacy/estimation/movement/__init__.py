"""Did a score really move, and could the answers have shown it?"""
