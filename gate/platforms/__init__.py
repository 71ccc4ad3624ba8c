"""What each platform runs, mounts and asks for; which platform an image is meant for; what will really start on it."""
