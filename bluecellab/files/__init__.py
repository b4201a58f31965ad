"""What readers and writers of files share: facts of formats, without a library for them."""
