"""All lines of a count computed at once, as sets: for checks of a whole count. One scan's line is `stocktake.judge`'s."""
