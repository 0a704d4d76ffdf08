"""How often does the intent to recommend go with an actual recommendation?"""

from importlib.metadata import version

__version__ = version("advocacy")
