package clickhouse_test

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vmaudit/internal/clickhouse"
	"vmaudit/internal/clickhouse/chtest"
)

// soakVariable names the number of cycles; thousands are for a long evening,
// the default for every run.
const soakVariable = "VMAUDIT_TEST_SOAK"

func soakCycles(t *testing.T) int {
	text := os.Getenv(soakVariable)
	if text == "" {
		return 200
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q is not a number of cycles", soakVariable, text)
	}
	return n
}

// soaker runs cycles of create, insert, read and drop.
type soaker struct {
	db   *clickhouse.DB
	lost atomic.Int64
}

// do repeats a statement, which must bear that, when the engine was lost.
func (s *soaker) do(t *testing.T, sql string) error {
	for {
		err := s.db.Exec(t.Context(), sql)
		if !errors.Is(err, clickhouse.ErrEngineLost) {
			return err
		}
		s.lost.Add(1)
	}
}

func (s *soaker) cycle(t *testing.T, i int) error {
	name := fmt.Sprintf("soak_%d", i)
	if err := s.do(t, "CREATE TABLE IF NOT EXISTS "+name+" (n UInt64, v UInt64) ENGINE = ReplacingMergeTree(v) ORDER BY n"); err != nil {
		return err
	}
	if err := s.insert(t, name); err != nil {
		return err
	}
	var rows, sum uint64
	err := s.db.QueryRow(t.Context(), "SELECT count(), sum(n) FROM "+name+" FINAL").Scan(&rows, &sum)
	switch {
	case errors.Is(err, clickhouse.ErrEngineLost):
		s.lost.Add(1) // the answer was cut; the rest of the cycle still counts
	case err != nil:
		return err
	case rows != 100 || sum != 4950:
		return fmt.Errorf("%s: %d rows, sum %d", name, rows, sum)
	}
	return s.do(t, "DROP TABLE IF EXISTS "+name+" SYNC")
}

func (s *soaker) insert(t *testing.T, name string) error {
	numbers := make([]uint64, 100)
	for i := range numbers {
		numbers[i] = uint64(i)
	}
	for {
		batch, err := s.db.PrepareBatch(t.Context(), "INSERT INTO "+name)
		if err == nil {
			err = errors.Join(batch.Column(0).Append(numbers), batch.Column(1).Append(numbers))
		}
		if err == nil {
			err = batch.Send()
		}
		if !errors.Is(err, clickhouse.ErrEngineLost) {
			return err
		}
		s.lost.Add(1)
	}
}

// run runs cycles from several goroutines.
func (s *soaker) run(t *testing.T, cycles int) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for i := int(next.Add(1)); i <= cycles && !t.Failed(); i = int(next.Add(1)) {
				if err := s.cycle(t, i); err != nil {
					t.Errorf("cycle %d: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestSoak(t *testing.T) {
	s := &soaker{db: open(t, chtest.Dir(t), clickhouse.Options{Timeout: time.Minute})}
	s.run(t, soakCycles(t))
	if n := s.lost.Load(); n > 0 {
		t.Errorf("the engine was lost %d times though nobody killed it", n)
	}
}

// TestSoakWithKills kills the engine all the time; every cycle must end right.
func TestSoakWithKills(t *testing.T) {
	s := &soaker{db: open(t, chtest.Dir(t), clickhouse.Options{Timeout: time.Minute})}
	done := make(chan struct{})
	kills := 0
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			if h, err := clickhouse.EngineHealth(t.Context(), s.db.Dir()); err == nil && syscall.Kill(h.PID, syscall.SIGKILL) == nil {
				kills++
			}
		}
	})
	s.run(t, soakCycles(t))
	close(done)
	wg.Wait()
	t.Logf("%d kills, %d requests lost", kills, s.lost.Load())
	if kills == 0 {
		t.Error("nothing was killed")
	}
}
