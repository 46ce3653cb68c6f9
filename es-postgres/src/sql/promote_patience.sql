-- Who reads the name of a table waits behind whoever waits to change it, so that must not take long. Until the transaction ends.
SET LOCAL lock_timeout = '2s'
