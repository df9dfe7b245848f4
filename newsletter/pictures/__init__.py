"""The pictures of an issue: between the engines that fetch, scale and keep them."""
