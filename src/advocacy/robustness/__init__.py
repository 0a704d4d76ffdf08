"""How wrong could an estimate be: if people misreport, and if those who are silent differ?"""
