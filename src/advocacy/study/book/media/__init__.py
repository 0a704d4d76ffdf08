"""The whole book as one file: what of its pages is kept, the PDF and the EPUB."""
