package doctor

// OfGit finds out what is wrong with the git command, which a forge's content is read with.
// missing says why it can't be used; nil if it can.
func OfGit(forge, version string, missing error) []Finding {
	n := &notes{forge: forge}
	if missing == nil {
		n.ok("git", "git %s reads the content of repositories", version)
		return n.list
	}
	n.add("git", Error, missing.Error(), "with content: git the service does not start without",
		"install git where the service runs, or set content: api for this forge")
	return n.list
}
