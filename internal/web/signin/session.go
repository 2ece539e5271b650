package signin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// What a session holds.
const (
	keyForge  = "forge"
	keyLogin  = "login"
	keyNumber = "number"
)

// start begins a session of somebody in place of the one that the browser had.
func (d *Desk) start(w http.ResponseWriter, r *http.Request, who Person) error {
	ctx, err := d.load(r)
	if err != nil {
		return err
	}
	if err := d.sessions.RenewToken(ctx); err != nil {
		return err
	}
	d.sessions.Put(ctx, keyForge, who.Forge)
	d.sessions.Put(ctx, keyLogin, who.Login)
	d.sessions.Put(ctx, keyNumber, strconv.FormatInt(who.ID, 10))
	token, _, err := d.sessions.Commit(ctx)
	if err == nil {
		d.sessions.WriteSessionCookie(ctx, w, token, d.sessions.Deadline(ctx))
	}
	return err
}

// load reads the session that a browser names; an empty one where there is none.
func (d *Desk) load(r *http.Request) (context.Context, error) {
	token := ""
	if c, err := r.Cookie(d.sessions.Cookie.Name); err == nil {
		token = c.Value
	}
	return d.sessions.Load(r.Context(), token)
}

// Who returns who asks for a page; false where nobody is signed in. A session that is used
// lives on.
func (d *Desk) Who(r *http.Request) (Person, bool, error) {
	if _, err := r.Cookie(d.sessions.Cookie.Name); err != nil {
		return Person{}, false, nil //nolint:nilerr // there is no cookie
	}
	ctx, err := d.load(r)
	if err != nil {
		return Person{}, false, err
	}
	who := Person{d.sessions.GetString(ctx, keyForge), pull.Person{Login: d.sessions.GetString(ctx, keyLogin)}}
	who.ID, _ = strconv.ParseInt(d.sessions.GetString(ctx, keyNumber), 10, 64) // 0 is nobody
	if _, configured := d.cfg.Forges[who.Forge]; !configured || who.Login == "" || who.ID == 0 {
		return Person{}, false, nil
	}
	_, _, err = d.sessions.Commit(ctx)
	return who, err == nil, err
}

// End signs out: the session is gone, whoever has its cookie.
func (d *Desk) End(w http.ResponseWriter, r *http.Request) error {
	ctx, err := d.load(r)
	if err != nil {
		return err
	}
	if d.sessions.GetString(ctx, keyLogin) != "" { // else there is none, and nothing to be written
		if err := d.sessions.Destroy(ctx); err != nil {
			return err
		}
	}
	d.sessions.WriteSessionCookie(ctx, w, "", time.Time{})
	return nil
}

// document is what a session is made of between the library and the store.
type document struct {
	Until  time.Time         `json:"until"`
	Values map[string]string `json:"values"`
}

// codec implements scs.Codec.
type codec struct{}

// Encode implements scs.Codec.
func (codec) Encode(until time.Time, values map[string]any) ([]byte, error) {
	doc := document{until, map[string]string{}}
	for key, v := range values {
		doc.Values[key] = fmt.Sprint(v)
	}
	return json.Marshal(doc)
}

// Decode implements scs.Codec.
func (codec) Decode(data []byte) (time.Time, map[string]any, error) {
	var doc document
	err := json.Unmarshal(data, &doc)
	values := map[string]any{}
	for key, v := range doc.Values {
		values[key] = v
	}
	return doc.Until, values, err
}

// shelf implements scs.CtxStore on a store of ours. Its tokens are hashes already.
type shelf struct{ sessions history.Sessions }

// savedEach is how far the end of a session has to move before it is written: not each page
// that somebody looks at costs a write.
const savedEach = 5 * time.Minute

// FindCtx implements scs.CtxStore.
func (s shelf) FindCtx(ctx context.Context, key string) ([]byte, bool, error) {
	one, found, err := s.sessions.Session(ctx, key, time.Now())
	if err != nil || !found {
		return nil, false, err
	}
	data, err := codec{}.Encode(one.Until, map[string]any{keyForge: one.Forge, keyLogin: one.Who.Login, keyNumber: one.Who.ID})
	return data, err == nil, err
}

// CommitCtx implements scs.CtxStore.
func (s shelf) CommitCtx(ctx context.Context, key string, data []byte, end time.Time) error {
	until, values, err := codec{}.Decode(data)
	if err != nil {
		return err
	}
	saved, found, err := s.sessions.Session(ctx, key, time.Now())
	if err != nil || found && end.Sub(saved.Expires) < savedEach {
		return err
	}
	number, err := strconv.ParseInt(fmt.Sprint(values[keyNumber]), 10, 64)
	if err != nil {
		return err
	}
	return s.sessions.SaveSession(ctx, history.Session{Key: key, Forge: fmt.Sprint(values[keyForge]), Until: until, Expires: end,
		Who: pull.Person{Login: fmt.Sprint(values[keyLogin]), ID: number}})
}

// DeleteCtx implements scs.CtxStore.
func (s shelf) DeleteCtx(ctx context.Context, key string) error {
	return s.sessions.DropSession(ctx, key)
}

// Find implements scs.Store.
func (s shelf) Find(key string) ([]byte, bool, error) { return s.FindCtx(context.Background(), key) }

// Commit implements scs.Store.
func (s shelf) Commit(key string, data []byte, end time.Time) error {
	return s.CommitCtx(context.Background(), key, data, end)
}

// Delete implements scs.Store.
func (s shelf) Delete(key string) error { return s.DeleteCtx(context.Background(), key) }
