"""What a container serves: which servers its launch starts, where they listen, and which routes they answer.

Read, never run: server configurations by small parsers, Python sources by :mod:`ast`. What cannot be read is said to be
unread, and nothing is concluded from it.
"""
