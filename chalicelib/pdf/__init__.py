"""PDF pages: rectangles, images and texts in any script, by the library pydyf and one embedded font."""
