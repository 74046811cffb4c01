system = {system:String}
  AND (day, build) IN (SELECT toDate(p.1), p.2 FROM (SELECT arrayJoin(arrayZip({days:Array(String)}, {builds:Array(UInt64)})) AS p))
  AND call >= {low:String} AND ({high:String} = '' OR call < {high:String})
  AND ({open:Bool} OR begin < {to:DateTime64(3, 'UTC')} + INTERVAL 2 HOUR)
  AND greatest(end, begin) >= {from:DateTime64(3, 'UTC')} - INTERVAL 2 HOUR
