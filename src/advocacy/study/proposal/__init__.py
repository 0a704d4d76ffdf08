"""A study of one's own: from a folder of survey files to sources, crosswalks and a protocol."""
