"""How money moves. One door for one case (`posting`), one for everybody at once (`bulk`), and one that checks (`verify`)."""
