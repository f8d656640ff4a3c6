"""Asking a language model, and believing only what it can show.

Everything a prompt holds of a video is data that strangers wrote; everything a model replies is
checked before anybody sees it. Knows neither Django nor the database: the web process and a stage
ask alike.
"""
