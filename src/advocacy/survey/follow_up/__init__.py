"""People who are followed over time: incidence of what they go on to do."""
