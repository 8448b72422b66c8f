"""What is done with a value of a record: texts, numbers, dates and postal addresses."""
