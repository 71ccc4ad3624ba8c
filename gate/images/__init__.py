"""Images that are built already: read from an engine, an archive or a folder, and held against the Dockerfile."""
