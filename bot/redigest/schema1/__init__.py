"""What can be known of Docker V2 schema 1 from bytes alone: what a manifest is, what its digest covers, and whether it is the same image as a schema 2 one.

Everything here is pure and refuses rather than guesses: a body that programs could read in two ways, and an image of which the schema 1 form
cannot be known for certain, raise `Refused` with the reason in words. Size, nesting and the number of values are bounded before anything is parsed.

`manifests` says what a body is and what its digest covers, `images` reads a schema 2 image and `body` a schema 1 manifest.
`recompute` gives the payloads that an image was converted to, for `search` to find the name and the tag; with a schema 1 manifest at hand, `compare` and
`forward` hold it against an image.
"""
