"""Privacy at the door: variables that identify persons are recognised.

By content (`contents.py`, `numbers.py`, `people.py`), by name and label (`wordings.py`), and by
shape (`shape.py`). Nothing here returns, writes or prints a value of a variable.
"""

from advocacy.responses.privacy.finding import Finding
from advocacy.responses.privacy.recognising import Recogniser, judge, recognise
from advocacy.responses.privacy.values import Values

__all__ = ["Finding", "Recogniser", "Values", "judge", "recognise"]
