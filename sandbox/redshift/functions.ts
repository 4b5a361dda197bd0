// Functions that Redshift has. PostgreSQL has many more of its own; those are refused by this list.

const words = (text: string): Set<string> => new Set(text.trim().split(/\s+/));

export const redshiftFunctions = words(`
  abs acos asin atan atan2 cbrt ceil ceiling cos cot degrees dexp dlog1 dlog10 exp floor ln log mod pi power pow radians random
  round sign sin sqrt tan trunc to_hex strtol checksum fnv_hash md5 sha sha1 func_sha1 sha2 murmur3_32_hash farmfingerprint64
  crc32 ascii bpcharcmp btrim char_length character_length textlen charindex chr collate concat difference initcap left right len
  length lower upper lpad rpad ltrim rtrim octetindex octet_length position quote_ident quote_literal regexp_count regexp_instr
  regexp_replace regexp_substr repeat replicate replace reverse soundex split_part strpos substr substring translate trim
  bttext_pattern_cmp strtol split_to_array listagg
  add_months convert_timezone current_date date_cmp date_cmp_timestamp date_cmp_timestamptz date_part date_part_year date_trunc
  dateadd datediff date_diff date_add extract getdate interval_cmp last_day months_between next_day sysdate timeofday
  timestamp_cmp timestamp_cmp_date timestamp_cmp_timestamptz timestamptz_cmp timestamptz_cmp_date timestamptz_cmp_timestamp
  timezone to_timestamp to_char to_date to_number text_to_int_alt text_to_numeric_alt cast convert age isfinite now
  current_time localtime localtimestamp statement_timestamp
  avg count sum min max stddev stddev_samp stddev_pop variance var_samp var_pop median percentile_cont percentile_disc
  approximate any_value bit_and bit_or bool_and bool_or corr covar_pop covar_samp
  row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value ratio_to_report
  coalesce nvl nvl2 nullif greatest least decode case grouping grouping_id
  json_parse json_serialize json_serialize_to_varbyte json_typeof json_size json_array_length json_extract_path_text
  json_extract_array_element_text is_valid_json is_valid_json_array can_json_parse object array array_concat array_flatten
  get_array_length subarray object_transform is_array is_object is_boolean is_char is_varchar is_integer is_smallint is_bigint
  is_decimal is_float is_scalar
  to_varbyte from_varbyte from_hex to_varbinary getbit getbyte
  current_user session_user user current_user_id current_database current_schema current_schemas current_setting set_config
  current_aws_account current_namespace user_is_member_of role_is_member_of db_collation default_iam_role
  has_database_privilege has_schema_privilege has_table_privilege has_column_privilege has_assumerole_privilege
  has_function_privilege has_language_privilege
  pg_backend_pid pg_cancel_backend pg_terminate_backend pg_last_copy_count pg_last_copy_id pg_last_query_id pg_last_unload_count
  pg_last_unload_id pg_get_cols pg_get_late_binding_view_cols pg_get_iam_role_by_user pg_get_session_roles change_query_priority
  reboot_cluster slice_num version
  pg_get_viewdef pg_get_indexdef pg_get_constraintdef pg_get_expr pg_get_userbyid pg_get_ruledef pg_get_triggerdef
  pg_get_serial_sequence pg_table_is_visible pg_type_is_visible pg_function_is_visible pg_opclass_is_visible
  pg_operator_is_visible pg_conversion_is_visible pg_client_encoding pg_encoding_to_char format_type obj_description
  col_description shobj_description array_to_string array_upper array_lower string_to_array get_byte set_byte get_bit set_bit
  to_ascii regproc oid textin bool text varchar bpchar int2 int4 int8 float4 float8 numeric date timestamp timestamptz
  st_point st_geomfromtext st_geomfromewkt st_geogfromtext st_asewkt st_astext st_srid st_npoints st_ndims
`);

/** Functions that run on the leader node alone: refused in a query that reads a table of the compute nodes. */
export const leaderFunctions = words(`
  current_schema current_schemas has_database_privilege has_schema_privilege has_table_privilege has_column_privilege
  has_function_privilege age now isfinite get_bit get_byte set_bit set_byte to_ascii version format_type obj_description
  col_description shobj_description pg_get_viewdef pg_get_indexdef pg_get_constraintdef pg_get_expr pg_get_userbyid
  pg_table_is_visible pg_type_is_visible pg_encoding_to_char pg_client_encoding array_to_string array_upper array_lower
  string_to_array statement_timestamp pg_get_late_binding_view_cols pg_get_cols
`);
