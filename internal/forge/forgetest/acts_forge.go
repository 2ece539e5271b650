package forgetest

// forgeActs change how the forge behaves.
func forgeActs() map[string]act {
	return map[string]act{
		// forge KNOB [NUMBER | off]
		"forge": {2, false, func(w *teller, s []string, _ string) {
			n := 1
			if len(s) > 2 && s[2] == "off" {
				n = 0
			} else if len(s) > 2 {
				n = w.number(s[2])
			}
			must(w.t, w.Knobs.Turn(s[1], n))
		}},
		// forget-tokens: the forge takes the tokens of all installations back
		"forget-tokens": {1, false, func(w *teller, _ []string, _ string) { w.Knobs.ForgetTokens() }},
	}
}
