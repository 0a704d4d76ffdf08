"""What are the sums by domain, stratum and PSU, from which all else is computed?"""
