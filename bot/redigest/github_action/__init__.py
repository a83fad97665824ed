"""What the GitHub Action does around a run: from its inputs to a configuration, and from the report to what GitHub shows. `action.yml` calls it."""
