//! The console: its page, and the API that reads the figures.
