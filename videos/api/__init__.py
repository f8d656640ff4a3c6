"""The HTTP API: views parse, call one service or selector, and render."""
