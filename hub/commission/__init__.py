"""The installer's self-test: steps loads and set-points, watches the meters, and names what is wired wrongly."""
