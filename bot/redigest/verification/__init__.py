"""The reviewer's check: a range of commits holds nothing but swaps that it can itself give evidence for, and whoever made them is not believed."""
