"""The build context: the folder that COPY and ADD read from, as BuildKit would receive it."""
