"""Program sources, scripts and languages of settings that have string literals: one table of languages, one lexer."""
