"""Which numbers may be published without giving a respondent away?"""
