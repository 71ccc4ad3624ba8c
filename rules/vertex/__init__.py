"""VTX: Vertex AI."""
