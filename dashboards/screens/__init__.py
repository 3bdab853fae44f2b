"""The pages, one script each, which Streamlit runs for `app`.

The folder is not called `pages`: Streamlit takes such a folder beside the entry for pages of its own, and would then
answer the first visitor of a deep link without running `app` at all.
"""
