"""The desk: records, console and API, as one Django project with a room per noun."""
