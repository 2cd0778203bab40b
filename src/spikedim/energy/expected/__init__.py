"""Operations that a card lets expect, before anything runs."""
