current AS
    (
        -- The verdicts that count.
        SELECT * FROM verdicts
        WHERE audit = {audit:String}
          AND (system, day, run) IN (SELECT system, day, run FROM audit_days FINAL WHERE audit = {audit:String})
    )
