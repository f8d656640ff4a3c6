"""What is said in a video, understood: chapters, summary, keywords."""
